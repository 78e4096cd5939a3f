/**
 * In: what a person typed, and the function that cuts Chinese text into words. Out: a tree, and the sentence that says how it was understood.
 * Used by: search.service.ts, engines (the tree), highlight.ts (its words). No input is a syntax error.
 *
 * Words side by side are AND (also `AND` `且` `&`), `OR` `或` `|` are alternatives and bind weaker, `NOT` `不含` `-word` exclude,
 * quotes make a phrase, brackets group. 或/且/不含 are operators only when they stand alone.
 */

export type QueryNode =
  | { type: 'and'; nodes: QueryNode[] }
  | { type: 'or'; nodes: QueryNode[] }
  | { type: 'not'; node: QueryNode }
  /** These tokens, one directly after the other. `text` is what the person wrote. */
  | { type: 'words'; tokens: string[]; text: string; quoted: boolean };

export interface ParsedQuery {
  /** Null when the query holds no word: everything matches. */
  node: QueryNode | null;
  /** zh-CN, e.g. 「停水 且 （望江路 或 滨河路） 不含 广告」. */
  understood: string;
}

/** Deeper brackets are read as if they were not there; engines bound the depth of their expressions. */
const MAX_DEPTH = 12;

type Token = { type: '(' | ')' | 'and' | 'or' | 'not' } | { type: 'word'; text: string; quoted: boolean };

const CLOSING: Record<string, string> = { '"': '"', '“': '”', '”': '”', '「': '」', '『': '』', '＂': '＂' };
const OPERATORS: Record<string, 'and' | 'or' | 'not'> = {
  AND: 'and',
  且: 'and',
  '&': 'and',
  '&&': 'and',
  OR: 'or',
  或: 'or',
  '|': 'or',
  '||': 'or',
  '｜': 'or',
  NOT: 'not',
  不含: 'not',
  '-': 'not',
};

/** What an index can find: letters, digits and private-use characters; the rest separates words. */
const SEARCHABLE = /[\p{L}\p{N}\p{Co}_]/u;

function lex(text: string): Token[] {
  const tokens: Token[] = [];
  let word = '';
  const flush = () => {
    if (word === '') return;
    const operator = OPERATORS[word];
    tokens.push(operator === undefined ? { type: 'word', text: word, quoted: false } : { type: operator });
    word = '';
  };
  const chars = Array.from(text);
  for (let i = 0; i < chars.length; i++) {
    const c = chars[i] ?? '';
    const closing = CLOSING[c];
    if (closing !== undefined) {
      flush();
      const end = chars.findIndex((x, at) => at > i && x === closing);
      const inside = chars.slice(i + 1, end < 0 ? chars.length : end).join('');
      tokens.push({ type: 'word', text: inside.trim(), quoted: true });
      i = end < 0 ? chars.length : end;
    } else if (c === '(' || c === '（') {
      flush();
      tokens.push({ type: '(' });
    } else if (c === ')' || c === '）') {
      flush();
      tokens.push({ type: ')' });
    } else if (c === '|' || c === '｜') {
      flush();
      tokens.push({ type: 'or' });
    } else if ((c === '-' || c === '－') && word === '') {
      tokens.push({ type: 'not' });
    } else if (/\s/u.test(c)) {
      flush();
    } else {
      word += c;
    }
  }
  flush();
  return tokens;
}

export function parseQuery(q: string, cut: (text: string) => string[]): ParsedQuery {
  const tokens = lex(q);
  let at = 0;
  const peek = () => tokens[at]?.type;

  const word = (text: string, quoted: boolean): QueryNode | null => {
    const cutWords = cut(text)
      .flatMap((t) => t.split(/\s+/u))
      .filter((t) => SEARCHABLE.test(t));
    return cutWords.length === 0 ? null : { type: 'words', tokens: cutWords, text, quoted };
  };

  function unary(depth: number): QueryNode | null {
    const token = tokens[at++];
    if (token === undefined) return null;
    if (token.type === 'word') return word(token.text, token.quoted);
    if (token.type === 'not') {
      let negative = true;
      while (peek() === 'not') {
        negative = !negative;
        at++;
      }
      if (at >= tokens.length || peek() === ')' || peek() === 'or' || peek() === 'and') return null;
      const node = unary(depth);
      return node === null ? null : negative ? not(node) : node;
    }
    if (token.type === '(') {
      const node = depth >= MAX_DEPTH ? unary(depth) : alternatives(depth + 1);
      if (depth < MAX_DEPTH && peek() === ')') at++;
      return node;
    }
    return null;
  }

  function conjunction(depth: number): QueryNode | null {
    const nodes: QueryNode[] = [];
    while (at < tokens.length && peek() !== 'or' && !(peek() === ')' && depth > 0)) {
      const node = unary(depth);
      if (node !== null) nodes.push(node);
    }
    return join('and', nodes);
  }

  function alternatives(depth: number): QueryNode | null {
    const nodes: QueryNode[] = [];
    for (;;) {
      const node = conjunction(depth);
      if (node !== null) nodes.push(node);
      if (peek() !== 'or') break;
      at++;
    }
    return join('or', nodes);
  }

  const node = alternatives(0);
  return { node, understood: understood(q, node) };
}

function not(node: QueryNode): QueryNode {
  return node.type === 'not' ? node.node : { type: 'not', node };
}

function join(type: 'and' | 'or', nodes: QueryNode[]): QueryNode | null {
  const flat = nodes.flatMap((n) => (n.type === type ? n.nodes : [n]));
  return flat.length <= 1 ? (flat[0] ?? null) : { type, nodes: flat };
}

function understood(q: string, node: QueryNode | null): string {
  if (node !== null) return say(node, false);
  return q.trim() === '' ? '全部帖文' : '没有可检索的词，显示全部帖文';
}

function say(node: QueryNode, inside: boolean): string {
  switch (node.type) {
    case 'words':
      return node.quoted ? `“${node.text}”` : node.text;
    case 'not':
      return `不含 ${say(node.node, true)}`;
    case 'or': {
      const text = node.nodes.map((n) => say(n, true)).join(' 或 ');
      return inside ? `（${text}）` : text;
    }
    case 'and': {
      const text = node.nodes
        .map((n, i) => `${i === 0 ? '' : n.type === 'not' ? ' ' : ' 且 '}${say(n, true)}`)
        .join('');
      return inside ? `（${text}）` : text;
    }
  }
}

/** The words that are looked for, not those that are excluded; for highlights and ranking. */
export function positiveWords(node: QueryNode | null): Extract<QueryNode, { type: 'words' }>[] {
  if (node === null || node.type === 'not') return [];
  return node.type === 'words' ? [node] : node.nodes.flatMap(positiveWords);
}
