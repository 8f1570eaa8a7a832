"""How long things take, measured on the machine at hand by commands that anybody can run."""
