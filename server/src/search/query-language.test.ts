import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQuery, positiveWords, type QueryNode } from './query-language.ts';

/** Two characters are one word. */
const cut = (text: string) => text.match(/[\p{L}\p{N}]{1,2}/gu) ?? [];

const understood = (q: string) => parseQuery(q, cut).understood;

function shape(node: QueryNode | null): unknown {
  if (node === null) return null;
  if (node.type === 'words') return node.quoted ? [node.text] : node.text;
  return node.type === 'not' ? { not: shape(node.node) } : { [node.type]: node.nodes.map(shape) };
}
const read = (q: string) => shape(parseQuery(q, cut).node);

describe('query language', () => {
  it('reads words, alternatives, exclusions, phrases and brackets', () => {
    expect(read('停水 望江路')).toEqual({ and: ['停水', '望江路'] });
    expect(read('停水 AND 望江路 & 今天')).toEqual({ and: ['停水', '望江路', '今天'] });
    expect(read('停水|停电 或 断网 OR 塞车')).toEqual({ or: ['停水', '停电', '断网', '塞车'] });
    expect(read('停水 -广告 NOT 招聘 不含 转发')).toEqual({
      and: ['停水', { not: '广告' }, { not: '招聘' }, { not: '转发' }],
    });
    expect(read('甲 乙 或 丙')).toEqual({ or: [{ and: ['甲', '乙'] }, '丙'] });
    expect(read('甲 （乙 或 丙）')).toEqual({ and: ['甲', { or: ['乙', '丙'] }] });
    expect(read('“望江路 停水” "通知"')).toEqual({ and: [['望江路 停水'], ['通知']] });
  });

  it('keeps operators that are part of a word, and hyphens inside one', () => {
    expect(read('或者')).toEqual('或者');
    expect(read('covid-19')).toEqual('covid-19');
    expect(read('ORANGE')).toEqual('ORANGE');
  });

  it('makes the best of what is unfinished', () => {
    expect(read('停水 OR')).toEqual('停水');
    expect(read('((停水')).toEqual('停水');
    expect(read('停水) 望江路')).toEqual({ and: ['停水', '望江路'] });
    expect(read('"停水')).toEqual(['停水']);
    expect(read('- - 停水')).toEqual('停水');
    expect(read('AND OR NOT')).toEqual(null);
    expect(read('！！')).toEqual(null);
  });

  it('says how it understood', () => {
    expect(understood('停水 (望江路 OR 滨河路) -广告')).toBe('停水 且 （望江路 或 滨河路） 不含 广告');
    expect(understood('"停水 通知"')).toBe('“停水 通知”');
    expect(understood(' ')).toBe('全部帖文');
    expect(understood('？')).toBe('没有可检索的词，显示全部帖文');
  });

  it('names the words that are looked for', () => {
    const words = positiveWords(parseQuery('停水 (甲 或 -乙) -丙', cut).node);
    expect(words.map((w) => w.text)).toEqual(['停水', '甲']);
  });

  it('reads anything, with a bounded depth and without empty nodes', () => {
    const piece = fc.constantFrom('(', ')', '"', '“', ' ', '-', ' OR ', ' 不含 ', ' AND ', '停水', 'a', '|', '（');
    const check = (node: QueryNode | null): number => {
      if (node === null) return 0;
      if (node.type === 'words') {
        expect(node.tokens.length).toBeGreaterThan(0);
        return 1;
      }
      if (node.type === 'not') {
        expect(node.node.type).not.toBe('not');
        return 1 + check(node.node);
      }
      expect(node.nodes.length).toBeGreaterThan(1);
      return 1 + Math.max(...node.nodes.map(check));
    };
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece, { maxLength: 300 }).map((p) => p.join('')),
        ),
        (q) => {
          expect(check(parseQuery(q, cut).node)).toBeLessThan(60);
          expect(parseQuery(q, cut).understood).not.toBe('');
        },
      ),
    );
  });
});
