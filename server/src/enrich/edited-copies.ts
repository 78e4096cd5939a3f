/**
 * In: a text. Out: the text as people pass it on, edited in one of the usual ways. Called by: `eval duplicates` and `eval claims`, which measure
 * whether the product still knows it.
 */
import { readFileSync } from 'node:fs';
import { modelPath } from './model-files.ts';

type Random = () => number;
const EMOJI = ['😭', '🙏', '[泪]', '[怒]', '😡', '❤️'];

function insertAt(text: string, what: string, random: Random): string {
  const units = [...text];
  units.splice(Math.floor(random() * (units.length + 1)), 0, what);
  return units.join('');
}

const toTraditional = new Map<string, string>();
function traditional(text: string): string {
  if (toTraditional.size === 0)
    for (const line of readFileSync(modelPath('traditional.txt'), 'utf8').split('\n'))
      if (line.length === 2) toTraditional.set(line[1] ?? '', line[0] ?? '');
  return [...text].map((unit) => toTraditional.get(unit) ?? unit).join('');
}

export const EDITS: Record<string, (text: string, random: Random) => string> = {
  emoji: (text, random) =>
    [0, 1, 2].reduce((t) => insertAt(t, EMOJI[Math.floor(random() * EMOJI.length)] ?? '', random), text),
  marks: (text) => text.replace(/[，。！？、]/g, ' '),
  fullWidth: (text) => text.replace(/[!-~]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)),
  traditional: (text) => traditional(text),
  forwarded: (text) => `转发：${text}`,
  chained: (text) => `//@网友甲:${text}`,
  numberChanged: (text) => text.replace(/\d+/, (n) => String(Number(n.slice(0, 9)) + 7)),
  lastTenthCut: (text) => text.slice(0, Math.ceil(text.length * 0.9)),
  lastFifthCut: (text) => text.slice(0, Math.ceil(text.length * 0.8)),
  lastTwoFifthsCut: (text) => text.slice(0, Math.ceil(text.length * 0.6)),
  firstFifthCut: (text) => text.slice(Math.floor(text.length * 0.2)),
  twoInserted: (text, random) => insertAt(insertAt(text, '啊', random), '呢', random),
  twoReplaced: (text, random) => {
    const units = [...text];
    for (let k = 0; k < 2; k++) units[Math.floor(random() * units.length)] = '某';
    return units.join('');
  },
  sentenceAdded: (text) => `${text} 大家都看看吧，太吓人了`,
};
