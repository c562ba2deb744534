if test "${serial}" = "@SERIAL@"; then setenv access granted; else echo "service: this ticket is for box @SERIAL@"; fi
