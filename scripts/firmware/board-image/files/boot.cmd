# Chooses the slot to boot. Runs from a signed FIT; all that it believes of the disk are three variables of one sector
# with a checksum (a sector is written whole or not at all). The names and their meaning are RAUC's.
setenv state @STATE@
part start @DISK@ env sector
setenv BOOT_ORDER; setenv BOOT_A_LEFT; setenv BOOT_B_LEFT
@READ@ ${state} ${sector} 1
env import -c ${state} 0x200 BOOT_ORDER BOOT_A_LEFT BOOT_B_LEFT || echo "boot: the state is damaged: both slots get their tries"
if test "${BOOT_ORDER}" != "B A"; then setenv BOOT_ORDER "A B"; fi
test -n "${BOOT_A_LEFT}" || setenv BOOT_A_LEFT 3
test -n "${BOOT_B_LEFT}" || setenv BOOT_B_LEFT 3
setenv slot
for name in "${BOOT_ORDER}"; do
  if test -n "${slot}"; then true
  elif test "${name}" = "A"; then if test ${BOOT_A_LEFT} -gt 0; then setexpr BOOT_A_LEFT ${BOOT_A_LEFT} - 1; setenv slot A; setenv kernel kernel_a; fi
  elif test "${name}" = "B"; then if test ${BOOT_B_LEFT} -gt 0; then setexpr BOOT_B_LEFT ${BOOT_B_LEFT} - 1; setenv slot B; setenv kernel kernel_b; fi
  fi
done
if test -z "${slot}"; then echo "boot: no tries are left: both slots get theirs again"; setenv BOOT_A_LEFT 3; setenv BOOT_B_LEFT 3; fi
env export -c -s 0x200 ${state} BOOT_ORDER BOOT_A_LEFT BOOT_B_LEFT
@WRITE@ ${state} ${sector} 1
if test -n "${slot}"; then
  echo "boot: slot=${slot} order=${BOOT_ORDER} A=${BOOT_A_LEFT} B=${BOOT_B_LEFT}"
  part start @DISK@ ${kernel} sector
  @READ@ @FIT@ ${sector} @FIT_SECTORS@
  # bootm would also take formats that carry no signature.
  setexpr.l magic *@FIT@
  if test "${magic}" = "edfe0dd0"; then
    setenv bootargs "console=@CONSOLE@ panic=3 @WORDS@ rauc.slot=${slot}"
    bootm @FIT@
  fi
  echo "boot: slot ${slot} holds no image to trust"
fi
sleep 1
reset
