"""What can be recognised, a module for each matter; `scimmock.learn.learn` lists them in their order."""
