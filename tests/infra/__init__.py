"""The Bicep that runs the app, read as text: nothing here reaches Azure or compiles."""
