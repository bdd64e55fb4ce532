"""How Drumbeat is put on machines: the local stack without Docker, images, compose files."""
