"""A run as one self-contained page of HTML, which loads nothing from elsewhere and works without scripts."""
