"""Sources: what a case rests on, and how anybody can check it.

=================  ==========================================================================
`citations`        ``key@s9``, ``key@pp. 117-119`` and back
`bibliography`     the list of sources of a case: YAML, CSL-JSON or BibTeX, with all problems
`passages`         a document read into numbered sentences, without the furniture of its page
`fingerprints`     a hash of a sentence that survives copying
`store`            documents attached to sources, in the user's data folder
`provenance`       what rests on each sentence, and whether the document is the right one
`methods`, `cite`  the literature of the methods, and what a paper must cite
=================  ==========================================================================

Importing this package imports none of them: `blocs check` needs two, and the others cost more.
"""
