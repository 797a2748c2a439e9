"""Change points: detection against rivals at equal run length, and a grid world whose wind turns."""
