"""Figures that are drawn in a millisecond or two, as SVG text: they are drawn anew while somebody drags a slider.

The figures of reports (`blocs.report.figures`) are drawn by matplotlib, which takes a hundred times as long. Colours,
dashes and meanings are the same; colours are classes of the style sheet, which has lighter ones for dark screens.
Every figure comes wide and narrow, in the pixels of a desk and of a phone.
"""
