"""A theory as one case has it: priors replaced, forbidden options gone."""

from __future__ import annotations

from blocs.language.case import Case
from blocs.language.moves import Move, find_move, parse_option
from blocs.language.theory import JointStage, ParameterSpec, Stage, Theory


def resolve_theory(theory: Theory, case: Case) -> Theory:
    """Return the theory with what the case overrides and forbids in place.

    Names that the theory does not have are passed over; `check` tells of them.
    """
    origins, parameters = theory.origins, dict(theory.parameters)
    found = case.origins.find(())
    for name, override in case.parameters.items():
        if name in parameters:
            old = parameters[name]
            parameters[name] = ParameterSpec(prior=override.prior, help=old.help, unit=old.unit, source=override.source)
            if found is not None:
                origins = origins.moved(("parameters", name), found[0], ("parameters", name))
    types = {role: dict(specs) for role, specs in theory.types.items()}
    for role, given in case.types.items():
        for name, prior in given.items():
            if name in types.get(role, {}):
                types[role][name] = types[role][name].model_copy(update={"prior": prior.prior, "source": prior.source})
                place = case.origins.find(("types", role, name))
                if place is not None:
                    origins = origins.moved(("types", role, name, "prior"), place[0], (*place[1], "prior"))
    forbidden = set[Move]()
    for text in case.without:
        named = parse_option(text)
        try:
            forbidden.add(find_move(theory, named.option, named.stage))
        except LookupError:
            continue
    stages = tuple(_without(stage, number, forbidden) for number, stage in enumerate(theory.stages))
    resolved = theory.model_copy(update={"parameters": parameters, "types": types, "stages": stages})
    resolved._origins = origins
    return resolved


def _without(stage: Stage | JointStage, number: int, forbidden: set[Move]) -> Stage | JointStage:
    if not any(move.stage == number for move in forbidden):
        return stage
    if isinstance(stage, Stage):
        left = {name: one for name, one in stage.options.items() if Move(number, stage.role, name) not in forbidden}
        return stage.model_copy(update={"options": left})
    by_role = {
        role: {name: one for name, one in options.items() if Move(number, role, name) not in forbidden}
        for role, options in stage.options.items()
    }
    return stage.model_copy(update={"options": by_role})
