"""Reading the directory, one module a noun: single objects, pages, the tree, who a key stands for."""
