const word = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** What a slot's kernel begins with: a flattened device tree that names a version, with an image's bytes in it. */
export function makeFit(version: string, image: Buffer): Buffer {
  const description = `Tonalite ${version}\0`;
  const padded = description.padEnd(Math.ceil(description.length / 4) * 4, "\0");
  const strings = Buffer.from("description\0");
  // Devicetree Specification 0.4, section 5.4: the root's begin, one property, then what it holds.
  const root = [word(1), word(0), word(3), word(description.length), word(0), Buffer.from(padded)];
  const structure = Buffer.concat([...root, image, Buffer.alloc((4 - (image.length % 4)) % 4)]);
  const begin = 56;
  const end = begin + structure.length;
  const header = [
    0xd00dfeed,
    end + strings.length,
    begin,
    end,
    40,
    17,
    16,
    0,
    strings.length,
    structure.length,
  ];
  return Buffer.concat([...header.map(word), Buffer.alloc(begin - 40), structure, strings]);
}
