import { describe, expect, it } from 'vitest';
import { feelingOf, Feelings } from './feelings.ts';
import { Features } from './linear-model.ts';

function featuresOf(words: string): number[] {
  const [feelings, features] = [new Feelings(), new Features()];
  // Twice: nothing of one text is left for the next.
  for (let round = 0; round < 2; round++) {
    feelings.start();
    features.start();
    for (const word of words.split(' ')) feelings.see(feelingOf(word));
    feelings.addTo(features);
  }
  return [...features.hashes.slice(0, features.size)];
}

describe('feelings', () => {
  it('are the same whoever names them, and say how often', () => {
    expect(featuresOf('今天 好 开心')).toEqual(featuresOf('他 好 快乐'));
    expect(featuresOf('开心 快乐')).not.toEqual(featuresOf('开心'));
  });

  it('turn when denied, but only as far as a negation reaches', () => {
    expect(featuresOf('一点 也 不 开心')).not.toEqual(featuresOf('开心'));
    expect(featuresOf('不 ， 开心')).not.toEqual(featuresOf('不 开心'));
    expect(featuresOf('不 是 你 的 错 开心')).toEqual(featuresOf('不 去 了 那 里 开心'));
  });

  it('read an emoticon as what it shows: [笑] smiles, and 泪 in brackets is no word', () => {
    expect(featuresOf('[ 泪 ]')).not.toEqual(featuresOf('泪'));
    expect(featuresOf('[ 鼓掌 ]')).toEqual(featuresOf('[ 哈哈 ]'));
  });

  it('say so when there are none, or two sides', () => {
    expect(featuresOf('桌子 椅子')).toHaveLength(2);
    expect(featuresOf('开心 难过')).not.toEqual(featuresOf('开心 快乐'));
  });
});
