"""From a loaded model to something that decides: by look-ups, by generated code over all rows, or by PyCasbin."""
