/** A folder kept as one file, so that it can be made again by copying. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import * as z from 'zod';
import { writeWhole } from '../artifact/write-whole.ts';
import { gunzipped, gzipped } from './gzip.ts';

/** Before the bytes of all files, one after another: folders and files by their paths with `/`, files with their sizes in bytes. */
const indexShape = z.object({
  folders: z.array(z.string()),
  files: z.array(z.object({ path: z.string(), size: z.int().nonnegative() })),
});

const LINE_END = '\n'.charCodeAt(0);

/** What a folder holds: paths from its root, folders before what is in them. */
export interface FolderContent {
  readonly folders: readonly string[];
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
}

/** Keeps what is in `folder` as `file`, whole or not at all. */
export async function keepFolder(folder: string, file: string): Promise<void> {
  const { folders, files } = await contentOf(folder);
  const index = { folders, files: files.map(({ path, bytes }) => ({ path, size: bytes.length })) };
  const packed = Buffer.concat([Buffer.from(`${JSON.stringify(index)}\n`), ...files.map(({ bytes }) => bytes)]);
  await writeWhole(file, await gzipped(packed));
}

/**
 * Reads what {@link keepFolder} kept.
 *
 * @throws Error when it is not there, or not whole: the compression carries a checksum.
 */
export async function readKept(file: string): Promise<FolderContent> {
  const packed = await gunzipped(await readFile(file));
  const start = packed.indexOf(LINE_END) + 1;
  const { folders, files } = indexShape.parse(JSON.parse(packed.toString('utf8', 0, start)));
  let end = start;
  return {
    folders,
    files: files.map(({ path, size }) => {
      end += size;
      return { path, bytes: packed.subarray(end - size, end) };
    }),
  };
}

/** Puts it into a folder that is there and empty. */
export async function fillFolder(folder: string, { folders, files }: FolderContent): Promise<void> {
  for (const path of folders) await mkdir(join(folder, path));
  await Promise.all(files.map(({ path, bytes }) => writeFile(join(folder, path), bytes)));
}

async function contentOf(folder: string): Promise<FolderContent> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = (isWanted: (entry: (typeof entries)[number]) => boolean) =>
    entries
      .filter(isWanted)
      .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).split(sep).join('/'))
      .sort();
  return {
    folders: paths((entry) => entry.isDirectory()),
    files: await Promise.all(
      paths((entry) => entry.isFile()).map(async (path) => ({ path, bytes: await readFile(join(folder, path)) })),
    ),
  };
}
