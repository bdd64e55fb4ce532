"""The services of Drumbeat; each is an application of its own and imports none of the others."""
