/** In: the dictionary table. Out: entries as the enricher takes them. Called by: start-up, and after every change of the table. */
import type { DictionaryEntry } from '../enrich/segment.ts';
import type { Database } from '../platform/database/database.ts';
import { WordEntity } from './word.entity.ts';

/** Stop words only leave keywords and word clouds; they are still cut and searched, so they are not dictionary entries. */
export async function dictionaryOf(db: Database): Promise<DictionaryEntry[]> {
  const words = await db.repo(WordEntity).find();
  return words.flatMap(({ word, kind }) =>
    kind === 'stop' ? [] : [{ word, kind: kind === 'word' ? ('term' as const) : kind }],
  );
}
