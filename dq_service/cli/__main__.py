"""`python -m dq_service.cli` is `dq`."""

from dq_service.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
