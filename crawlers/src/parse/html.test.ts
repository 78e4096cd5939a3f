import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanText, htmlToText } from './html.ts';

describe('htmlToText', () => {
  it.each([
    ['停水了<br />什么时候来水', '停水了\n什么时候来水'],
    ['太难了<span class="url-icon"><img alt=[允悲] src="//x" style="width:1em"/></span>', '太难了[允悲]'],
    ['<a href="//s.weibo.com"><span class="surl-text">#望江路停水#</span></a> 急', '#望江路停水# 急'],
    ['正文……<a href="/status/123">全文</a>', '正文……'],
    ['<script>alert(1)</script>你好<style>p{}</style>', '你好'],
    ['a &amp;lt; b &nbsp;c', 'a &lt; b c'],
    ['零\u200b宽\u00ad与\u0007控制', '零宽与控制'],
    ['1 < 2', '1 < 2'],
    ['<p>一</p><p>二</p>', '一\n\n二'],
    [
      '看<a data-url="http://t.cn/A1" href="https://weibo.cn/sinaurl?u=https%3A%2F%2Fa.gov.cn%2Fx%3Fb%3D1"><span>网页链接</span></a>吧',
      '看 https://a.gov.cn/x?b=1 吧',
    ],
    ["<a href='/n/某某'>@某某</a> //<a href='/n/b'>@b</a>:转", '@某某 //@b:转'],
    ['<head><title>x</title><body>正文', '正文'],
    ['<SCRIPT>a</SCRIPT>b<svg/>c<svg><text>d</text></svg>e', 'bce'],
    ['<script>"</div>"</script >x', 'x'],
    ['<img alt="[哈哈]" src=x><img alt="说明文字">', '[哈哈]'],
    ['&#x1F600;&#55357;&#1114112;ok', '\u{1F600}\ufffd\ufffdok'],
  ])('%s', (html, text) => {
    expect(htmlToText(html)).toBe(text);
  });

  it('replaces lone surrogates', () => {
    expect(htmlToText('a\ud83db')).toBe('a\ufffdb');
  });

  it('keeps no stack that hostile nesting could fill', () => {
    expect(htmlToText(`${'<div>'.repeat(350_000)}深处`)).toBe('深处');
    expect(htmlToText(`${'<a href="/status/1">'.repeat(90_000)}${'</a>'.repeat(40_000)}`)).toBe('');
  });

  it('takes any text, and what it gives back is plain', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const plain = htmlToText(text);
        expect(plain.isWellFormed()).toBe(true);
        expect(plain).not.toMatch(/[\u200b\ufeff\u0000\u0007]/u);
        expect(plain).toBe(plain.trim());
      }),
    );
  });

  it('leaves plain text as it is, entities or not', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('停水', '\n', '。', '#话题#', 'a', '1'), { maxLength: 40 }), (parts) => {
        const text = cleanText(parts.join(''));
        expect(htmlToText(text)).toBe(text);
        expect(htmlToText(`<i>${text}</i>`)).toBe(text);
        expect(htmlToText([...text].map((c) => (c === '\n' ? c : `&#${c.codePointAt(0)};`)).join(''))).toBe(text);
      }),
    );
  });

  it('never leaves an element behind', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), fc.constantFrom('b', 'p', 'a', 'script', 'span'), (text, tag) => {
        expect(htmlToText(`<${tag}>${text.replaceAll(/[<>&]/gu, '')}</${tag}>`)).not.toMatch(
          /<\/?(?:b|p|a|script|span)>/u,
        );
      }),
    );
  });
});
