import { crc32 } from 'node:zlib';

const FILE_HEADER = 0x04034b50;
const DIRECTORY_ENTRY = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
const VERSION = 20;
/** 1 January 1980, the first day that the format knows. */
const DATE = 0x21;
/** A regular file that everyone may read: without it Lambda on AWS may not open the file. */
const MODE = (0o100644 << 16) >>> 0;
const UNIX = 3 << 8;

/** A zip archive of one uncompressed file: all that a function's code needs. */
export function zipOf(name: string, content: string | Uint8Array): Buffer {
  const data = Buffer.from(content);
  const fileName = Buffer.from(name);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(VERSION, 0);
  common.writeUInt16LE(DATE, 8);
  common.writeUInt32LE(crc32(data), 10);
  common.writeUInt32LE(data.length, 14);
  common.writeUInt32LE(data.length, 18);
  common.writeUInt16LE(fileName.length, 22);
  const file = Buffer.concat([word(FILE_HEADER), common, fileName, data]);
  const attributes = Buffer.alloc(14);
  attributes.writeUInt32LE(MODE, 6);
  const entry = Buffer.concat([
    word(DIRECTORY_ENTRY),
    half(UNIX | VERSION),
    common,
    attributes,
    fileName,
  ]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(entry.length, 8);
  end.writeUInt32LE(file.length, 12);
  return Buffer.concat([file, entry, word(END_OF_DIRECTORY), end]);
}

const word = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

const half = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
};
