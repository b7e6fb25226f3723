"""What the notebooks add to the library: checks, figures and widgets, one folder per lesson. The library never imports it."""
