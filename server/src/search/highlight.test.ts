import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hitPattern, snippet, SNIPPET_LENGTH } from './highlight.ts';
import { parseQuery } from './query-language.ts';

const cut = (text: string) => Array.from(text);
const marked = (q: string, text: string) =>
  snippet(text, hitPattern(parseQuery(q, cut).node))
    .map((r) => (r.hit ? `[${r.text}]` : r.text))
    .join('');

describe('highlights', () => {
  it('marks what was looked for, across punctuation and case, not what was excluded', () => {
    expect(marked('停水通知 APP -广告', '今天停水，通知在 App 上，广告')).toBe('今天[停水，通知]在 [App] 上，广告');
  });

  it('takes what looks like a pattern or like HTML as text', () => {
    expect(marked('a.c (b)', '<b>a.c</b> abc')).toBe('<[b]>[a.c]</[b]> a[b]c');
  });

  it('shows the text around the first hit', () => {
    const text = `${'前'.repeat(500)}停水${'后'.repeat(500)}`;
    const shown = marked('停水', text);
    expect(shown.startsWith('…前')).toBe(true);
    expect(shown.endsWith('后…')).toBe(true);
    expect(shown).toContain('[停水]');
    expect(shown.length).toBe(SNIPPET_LENGTH + 4);
  });

  it('shows a piece of the text itself, whatever text and query', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 400 }),
        fc.string({ unit: 'binary', maxLength: 20 }),
        (text, q) => {
          const runs = snippet(text, hitPattern(parseQuery(q, cut).node), 40);
          const shown = runs.map((r) => r.text).join('');
          expect(shown.length).toBeLessThanOrEqual(42);
          expect(text).toContain(
            shown.slice(shown.startsWith('…') && !text.startsWith('…') ? 1 : 0).replace(/…$/u, ''),
          );
          expect(shown.isWellFormed()).toBe(text.isWellFormed() || shown.isWellFormed());
        },
      ),
    );
  });
});
