/**
 * In: a query as typed, filters, a page. Out: hits with marked snippets, facets with names, how the query was understood. Called by: controller.
 */
import type { Post, SearchAnswer, SearchQuery } from '@minsheng/contracts';
import { Injectable } from '@nestjs/common';
import { Clock, toInstant } from '../platform/clock.ts';
import { Database } from '../platform/database/database.ts';
import { notFound } from '../platform/errors.ts';
import { windowOf } from '../platform/time-window.ts';
import { PostEditEntity, PostEntity } from '../posts/post.entity.ts';
import { PostViews, sentimentCode, sentimentOf, SourceNames } from '../posts/post-view.ts';
import { SmallCells } from '../posts/small-cells.ts';
import { CoveragePort } from '../rollups/coverage.ts';
import { ClaimReasons } from './claim-reasons.ts';
import { hitPattern, snippet } from './highlight.ts';
import { QueryCutter } from './query-cutter.ts';
import { parseQuery } from './query-language.ts';
import type { Quick } from './quick-search.ts';
import { SearchEngine, type Facets, type SearchFilters, type SearchRequest } from './search-engine.ts';
import { kindLabel, platformLabel, sentimentLabel } from './labels.ts';

/** Replies shown with a post; the rest is a search away. */
const REPLIES = 50;
/** Hits whose authors are counted before sentiments are told apart. */
const VOICES_READ = 100;

@Injectable()
export class SearchService {
  constructor(
    private readonly db: Database,
    private readonly engine: SearchEngine,
    private readonly views: PostViews,
    private readonly names: SourceNames,
    private readonly cutter: QueryCutter,
    private readonly reasons: ClaimReasons,
    private readonly coverage: CoveragePort,
    private readonly cells: SmallCells,
    private readonly clock: Clock,
  ) {}

  async search(query: SearchQuery): Promise<SearchAnswer> {
    const started = performance.now();
    const parsed = parseQuery(query.q, (text) => this.cutter.cut(text));
    const window = windowOf(query, this.clock.now(), 'all');
    const request = {
      query: parsed.node,
      filters: { ...filtersOf(query), from: window.from, to: window.to },
      sort: query.sort,
      cursor: query.cursor ?? null,
      limit: query.limit,
    };
    const page = await this.engine.search(request);
    const posts = await this.views.load(page.ids);
    const count = await this.engine.count(request, query.facets === '1');
    const pattern = hitPattern(parsed.node);
    return {
      total: count.total,
      totalIsLowerBound: count.totalIsLowerBound,
      items: posts.map((post) => ({ post, snippet: snippet(textOf(post), pattern) })),
      nextCursor: page.nextCursor,
      facets:
        count.facets === null ? null : await this.named(count.facets, count.total, await this.enoughVoices(request)),
      understood: parsed.understood,
      tookMs: Math.round((performance.now() - started) * 10) / 10,
      behind: (await this.engine.lag()).behind,
      coverage: await this.coverage.of(window),
    };
  }

  async post(id: number): Promise<{
    post: Post;
    parent: Post | null;
    replies: Post[];
    edits: { at: string; text: string }[];
    claimReasons: string[];
  }> {
    const posts = this.db.repo(PostEntity);
    const row = await posts.findOneBy({ id });
    if (row === null) throw notFound('条帖文');
    const parent = row.parentId === null ? null : await posts.findOneBy({ id: row.parentId });
    const replies = await posts.find({ where: { parentId: id }, order: { id: 'ASC' }, take: REPLIES });
    const edits = await this.db.repo(PostEditEntity).find({ where: { postId: id }, order: { id: 'DESC' }, take: 50 });
    const [post] = await this.views.of([row]);
    if (post === undefined) throw notFound('条帖文');
    return {
      post,
      parent: parent === null ? null : ((await this.views.of([parent]))[0] ?? null),
      replies: await this.views.of(replies),
      edits: edits.map((e) => ({ at: toInstant(e.at), text: e.text })),
      // What was purged or withdrawn has no text to give reasons from.
      claimReasons: ['live', 'edited'].includes(post.state) ? this.reasons.of(textOf(post), post.claimScore) : [],
    };
  }

  /** For Ctrl+K. */
  async quick(q: string, limit: number): Promise<Quick[]> {
    const { node } = parseQuery(q, (text) => this.cutter.cut(text));
    if (node === null) return [];
    const page = await this.engine.search({ query: node, filters: {}, sort: 'time', cursor: null, limit });
    const pattern = hitPattern(node);
    return (await this.views.load(page.ids)).map((post) => ({
      type: 'post',
      title: snippet(textOf(post), pattern, 40)
        .map((run) => run.text)
        .join(''),
      detail: `${platformLabel(post.platform)}${kindLabel(post.kind)} · ${post.publishedAt.slice(0, 16).replace('T', ' ')}`,
      href: `/posts/${post.id}`,
    }));
  }

  /** Whether the newest public hits come from enough people for their sentiments to be counted out. */
  private async enoughVoices(request: Pick<SearchRequest, 'query' | 'filters'>): Promise<boolean> {
    if (request.filters.official === true) return true;
    const filters = { ...request.filters, official: false };
    const { ids } = await this.engine.search({ ...request, filters, sort: 'time', cursor: null, limit: VOICES_READ });
    return ids.length === 0 || (await this.cells.enoughOf(ids));
  }

  private async named(
    facets: Facets,
    countedOver: number,
    tellSentiment: boolean,
  ): Promise<NonNullable<SearchAnswer['facets']>> {
    const [sources, accounts] = await Promise.all([this.names.sources(), this.names.accounts()]);
    const buckets = <K extends string | number>(
      map: Map<K, number>,
      value: (k: K) => string,
      label: (k: K) => string,
    ) =>
      [...map]
        .sort((a, b) => b[1] - a[1])
        .slice(0, 30)
        .map(([key, count]) => ({ value: value(key), label: label(key), count }));
    return {
      countedOver,
      platform: buckets(facets.platform, String, platformLabel),
      kind: buckets(facets.kind, String, kindLabel),
      sentiment: tellSentiment ? buckets(facets.sentiment, sentimentOf, (k) => sentimentLabel(sentimentOf(k))) : [],
      sentimentWithheld: !tellSentiment,
      source: buckets(facets.source, String, (id) => sources.get(id) ?? `采集源 ${String(id)}（已删除）`),
      account: buckets(facets.account, String, (id) => accounts.get(id) ?? `账号 ${String(id)}`),
      days: [...facets.day].sort((a, b) => a[0].localeCompare(b[0])).map(([day, count]) => ({ day, count })),
    };
  }
}

function textOf(post: Post): string {
  return post.title === null || post.title === '' ? post.text : `${post.title}\n${post.text}`;
}

function filtersOf(query: SearchQuery): SearchFilters {
  return {
    platforms: query.platform,
    kinds: query.kind,
    sourceIds: query.sourceId?.map(Number),
    accountIds: query.accountId?.map(Number),
    sentiments: query.sentiment?.map(sentimentCode),
    official: query.official === undefined ? undefined : query.official === 'official',
    topicId: query.topicId === undefined ? undefined : Number(query.topicId),
  };
}
