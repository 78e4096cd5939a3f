/**
 * In: the feature of a word. Out: the group of words it is used like (难过, 心酸 and 心痛 share one), learnt from unlabelled text. Called by:
 * segment, once per word; the models then know words that no labelled text contains.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { modelPath } from './model-files.ts';
import { UserError } from '../platform/errors.ts';

const MAGIC = 'MINSHENG-GROUPS-1\n';

export class WordGroups {
  readonly #words: Int32Array;
  readonly #groups: Uint16Array;

  /** @param words sorted features of words, each with its group beside it. */
  constructor(words: Int32Array, groups: Uint16Array) {
    this.#words = words;
    this.#groups = groups;
  }

  static shipped(): WordGroups {
    const path = modelPath('word-groups.bin');
    return existsSync(path) ? WordGroups.load(path) : new WordGroups(new Int32Array(0), new Uint16Array(0));
  }

  static load(path: string): WordGroups {
    const bytes = readFileSync(path);
    const size = (bytes.length - MAGIC.length) / 6;
    if (bytes.subarray(0, MAGIC.length).toString() !== MAGIC || !Number.isInteger(size)) {
      throw new UserError('invalid-input', `词群文件 ${path} 已损坏。`, { todo: '请恢复原文件或重新训练。' });
    }
    const body = new Uint8Array(bytes.subarray(MAGIC.length));
    return new WordGroups(new Int32Array(body.buffer, 0, size), new Uint16Array(body.buffer, size * 4, size));
  }

  save(path: string): void {
    const part = (array: Int32Array | Uint16Array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
    writeFileSync(path, Buffer.concat([Buffer.from(MAGIC), part(this.#words), part(this.#groups)]));
  }

  get size(): number {
    return this.#words.length;
  }

  /** The number of a word's group, from 1 on; 0 for a word that is in none. */
  groupOf(word: number): number {
    let low = 0;
    let high = this.#words.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const at = this.#words[middle] ?? 0;
      if (at === word) return (this.#groups[middle] ?? 0) + 1;
      if (at < word) low = middle + 1;
      else high = middle - 1;
    }
    return 0;
  }
}
