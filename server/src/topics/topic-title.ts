/**
 * In: a representative post. Out: a title a person would write, at most 26 characters. Called by: topics/detect.ts.
 */
const MOST = 26;

export interface Titled {
  title: string;
  /** Better ways of titling replace weaker ones: hashtag 3, headline 2, sentence 1. */
  rank: 1 | 2 | 3;
}

export function titleOf(post: {
  title: string | null;
  text: string;
  hashtags: readonly string[];
  official: boolean;
}): Titled {
  const headline = post.title ?? /【([^】]{4,60})】/u.exec(post.text)?.[1] ?? null;
  const tag = post.hashtags.find((h) => h.length >= 4 && h.length <= MOST);
  if (headline !== null) return { title: shorten(headline.replaceAll('#', '')), rank: 2 };
  if (tag !== undefined) return { title: tag, rank: 3 };
  const sentences = post.text
    .replace(/#[^#]{1,40}#|\[[^\]]{1,8}\]|https?:\S+|@\S+/gu, ' ')
    .split(/[。！？!?\n；;~]+/u)
    .map((s) => s.trim())
    .filter((s) => s.length >= 6);
  return { title: shorten(sentences[0] ?? post.text.trim()), rank: 1 };
}

function shorten(text: string): string {
  const clean = text.replace(/\s+/gu, ' ').trim();
  if (clean.length <= MOST) return clean;
  const cut = clean.slice(0, MOST);
  const comma = Math.max(cut.lastIndexOf('，'), cut.lastIndexOf(','), cut.lastIndexOf('：'), cut.lastIndexOf(' '));
  return comma >= 8 ? cut.slice(0, comma) : `${cut.slice(0, MOST - 1)}…`;
}
