"""Run the command as `python -m pdp`."""

from pdp.cli import main

if __name__ == "__main__":
    main()
