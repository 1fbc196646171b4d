"""Theory and case compiled: a graph without parameters, tables with them, and the kernels that run over both."""
