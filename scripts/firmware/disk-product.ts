/** What the signed file of a whole disk calls itself: no box takes it for an update, and the field tool takes nothing else. */
export const diskProduct = "tonalite-disk";
/** The one file of its archive. */
export const diskFile = "disk.img.gz";
