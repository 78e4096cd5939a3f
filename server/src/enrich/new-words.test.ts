import { describe, expect, it } from 'vitest';
import { findNewWords } from './new-words.ts';
import { Segmenter } from './segment.ts';

const segmenter = new Segmenter();
const BEFORE = ['今天', '昨晚', '我们', '听说', '记者', '大家', '附近', '孩子', '市民', '现在', '刚才', '每天'];
const BEHIND = ['停水', '很吵', '修好了', '堵车', '开门', '涨价', '排队', '下雨', '热闹', '关门', '施工', '发通知'];

/** Sentences of everyday words around one word that no dictionary has. */
function about(word: string, times: number): string[] {
  return Array.from(
    { length: times },
    (_, i) => `${BEFORE[i % BEFORE.length] ?? ''}${word}${BEHIND[(i * 5) % BEHIND.length] ?? ''}，第${i}次了`,
  );
}

/** Enough of everything else, so that two characters meeting is no chance. */
const OTHERS = Array.from(
  { length: 1500 },
  (_, i) =>
    `${BEFORE[(i * 7) % BEFORE.length] ?? ''}${BEHIND[i % BEHIND.length] ?? ''}，${BEHIND[(i * 3) % BEHIND.length] ?? ''}`,
);

describe('new words', () => {
  it('finds a word that holds together and is free at both ends, and says what it may be', async () => {
    const words = await findNewWords([...OTHERS, ...about('泠柘', 40)], segmenter);
    expect(words.map((w) => w.word)).toContain('泠柘');
    const [place] = (await findNewWords([...OTHERS, ...about('泠柘小区', 30)], segmenter)).filter(
      (w) => w.word === '泠柘小区',
    );
    expect(place).toMatchObject({ kind: 'place', texts: 30 });
  });

  it('proposes neither what the dictionary has nor a part that only lives in a longer word', async () => {
    const words = (await findNewWords([...OTHERS, ...about('停车场', 40), ...about('泠柘小区', 40)], segmenter)).map(
      (w) => w.word,
    );
    expect(words).not.toContain('停车场');
    expect(words).not.toContain('柘小区');
    expect(words).not.toContain('泠柘');
  });

  it('needs many texts: a word said a hundred times in one is none', async () => {
    expect(await findNewWords(['泠柘的泠柘和泠柘在泠柘。'.repeat(25)], segmenter)).toEqual([]);
  });

  it('proposes no names of people', async () => {
    const words = (await findNewWords([...OTHERS, ...about('李泠柘', 40)], segmenter)).map((w) => w.word);
    expect(words).not.toContain('李泠柘');
  });

  it('finds nothing in nothing', async () => {
    expect(await findNewWords([], segmenter)).toEqual([]);
  });
});
