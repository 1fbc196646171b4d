"""What people write: theories, cases, formulas; reading them with the place of every entry, and checking them.

``reading`` gives a document with marks, ``validating`` makes a model of it (``theory`` or ``case``), ``merging`` and
``resolving`` put a theory over another and a case over its theory, ``check`` tells what is wrong, and ``load`` does all
of this by name or path. ``schema``, ``reference`` and ``scaffold`` are made from the models.
"""
