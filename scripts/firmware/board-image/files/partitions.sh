# Sourced with DISK set: the board's partitions by the names in its partition table. Other disks do not count: what somebody
# plugs in may carry the same names.
# partition NAME: prints its device; fails when there is none.
partition() {
	for entry in "/sys/class/block/${DISK#/dev/}"/*/uevent; do
		device= name=
		while IFS='=' read -r key value; do
			case $key in DEVNAME) device=$value ;; PARTNAME) name=$value ;; esac
		done <"$entry"
		if [ "$name" = "$1" ]; then
			echo "/dev/$device"
			return 0
		fi
	done
	return 1
}
