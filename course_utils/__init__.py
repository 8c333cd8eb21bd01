"""Helper package of the course: rebuild two papers on superposition and sparse autoencoders on a laptop."""
