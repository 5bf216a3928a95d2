"""The helpline's own rules: pure, standard library only, no clock, no logging, no I/O."""
