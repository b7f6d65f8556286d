"""What is done with a run after it: taken out of its notebook in other forms."""
