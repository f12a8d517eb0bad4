"""Working on jobs: finding them, attempting them, storing what they find."""
