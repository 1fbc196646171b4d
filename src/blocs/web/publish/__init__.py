"""The library as a static site: pages and files in a folder, which need neither a server nor a network."""
