/**
 * In: generations of the index. Out: their templates, monthly indices and the alias that searches read.
 * Used by: elasticsearch.ts and its indexer.
 *
 * A generation is one complete index over all posts: `<alias>-v1-20261125013000-2026.11`, one index a month, made when the month's first post
 * arrives. A rebuild fills a new generation beside the old one and moves the alias in one step. Months long past share an index a year, so that a
 * handful of old posts does not cost a shard each; the boundary is fixed when the generation is made, so a post always belongs to the same index.
 */
import type { Client, estypes } from '@elastic/elasticsearch';
import { dayOf, type Clock } from '../../platform/clock.ts';
import { IDS_PER_SECOND, publishedAtOf } from '../../posts/post-id.ts';
import { COUNT_CAP } from '../search-engine.ts';

/** Raised when mappings or settings change: an index of an older version is then replaced by itself. */
export const SCHEMA = 1;

const MONTHLY_FOR_MONTHS = 24;
const FIRST_YEAR = 2010;
/** An hour of office time never crosses a month. */
const IDS_PER_HOUR = 3600 * IDS_PER_SECOND;
const MOST_NAMES = 20_000;
/** Asked of a cluster that is in trouble. */
const SOON = { requestTimeout: 10_000, maxRetries: 0 };

/**
 * Words are cut before they come here, hence white space is all the analysis; one field with positions serves words and exact phrases alike.
 * The source is not kept: it would be a second copy of citizens' texts, and whatever needs them reads the records.
 */
export const MAPPINGS: estypes.MappingTypeMapping = {
  dynamic: 'strict',
  _source: { enabled: false },
  properties: {
    id: { type: 'long' },
    words: { type: 'text', analyzer: 'whitespace', norms: false, index_options: 'positions' },
    platform: { type: 'keyword' },
    kind: { type: 'keyword' },
    sentiment: { type: 'keyword' },
    source: { type: 'keyword' },
    account: { type: 'keyword' },
    topic: { type: 'keyword' },
    official: { type: 'boolean' },
    day: { type: 'keyword' },
  },
};

export class Indices {
  /** Indices known to exist. */
  private readonly known = new Set<string>();
  /** By generation and stretch of ids: the index. Dates are slow to make, and a bulk has thousands. */
  private readonly names = new Map<string, string>();
  /** By generation: its first month with an index of its own. */
  private readonly monthlyFrom = new Map<string, string>();

  constructor(
    private readonly client: Client,
    /** What searches read. */
    readonly alias: string,
    private readonly shards: number,
    private readonly clock: Clock,
  ) {}

  /** A name that sorts by age. */
  newGeneration(): string {
    const stamp = new Date(this.clock.now()).toISOString().replaceAll(/\D/gu, '');
    return `${this.alias}-v${String(SCHEMA)}-${stamp}`;
  }

  isCurrent(generation: string): boolean {
    return generation.startsWith(`${this.alias}-v${String(SCHEMA)}-`);
  }

  /** Whether the cluster knows this generation; remembers how it is divided. */
  async exists(generation: string): Promise<boolean> {
    if (this.monthlyFrom.has(generation)) return true;
    const { index_templates } = await this.client.indices
      .getIndexTemplate({ name: generation }, { ignore: [404] })
      .then((answer) => ('index_templates' in answer ? answer : { index_templates: [] }));
    const from = index_templates[0]?.index_template._meta?.['monthlyFrom'];
    if (typeof from !== 'string') return false;
    this.monthlyFrom.set(generation, from);
    return true;
  }

  /** Makes a generation, or brings the number of shards of its coming months up to date. */
  async prepare(generation: string): Promise<void> {
    if (!(await this.exists(generation))) {
      const from = new Date(this.clock.now());
      from.setUTCMonth(from.getUTCMonth() - MONTHLY_FOR_MONTHS);
      this.monthlyFrom.set(generation, from.toISOString().slice(0, 7));
    }
    await this.client.indices.putIndexTemplate({
      name: generation,
      index_patterns: [`${generation}-*`],
      priority: 500,
      version: SCHEMA,
      _meta: { product: 'minsheng', monthlyFrom: this.monthlyFrom.get(generation) },
      template: {
        settings: {
          number_of_shards: this.shards,
          auto_expand_replicas: '0-1',
          refresh_interval: '1s',
          // A deletion is remembered this long, so that a late repetition of an older write cannot bring the post back.
          gc_deletes: '1h',
          max_result_window: COUNT_CAP + 10,
        },
        mappings: MAPPINGS,
      },
    });
  }

  /** The index a post belongs to. */
  nameOf(generation: string, id: number): string {
    const hour = Math.floor(id / IDS_PER_HOUR);
    const key = `${generation} ${String(hour)}`;
    let name = this.names.get(key);
    if (name === undefined) {
      name = this.nameOn(generation, id);
      if (this.names.size > MOST_NAMES) this.names.clear();
      this.names.set(key, name);
    }
    return name;
  }

  private nameOn(generation: string, id: number): string {
    const month = dayOf(publishedAtOf(id)).slice(0, 7);
    const year = Number(month.slice(0, 4));
    if (month >= (this.monthlyFrom.get(generation) ?? '')) return `${generation}-${month.replace('-', '.')}`;
    return year < FIRST_YEAR ? `${generation}-older` : `${generation}-${String(year)}`;
  }

  /** Makes indices that are not there yet, inside the alias from the first moment when their generation is live. */
  async ensure(names: Iterable<string>, live: boolean): Promise<void> {
    for (const name of new Set(names)) {
      if (this.known.has(name)) continue;
      await this.client.indices
        .create({ index: name, ...(live ? { aliases: { [this.alias]: {} } } : {}) })
        .catch((error: unknown) => {
          if (!String(error).includes('resource_already_exists_exception')) throw error;
        });
      this.known.add(name);
    }
  }

  /** After a refusal that may come from an index somebody deleted. */
  forget(): void {
    this.known.clear();
    this.names.clear();
    this.monthlyFrom.clear();
  }

  async refresh(generation: string): Promise<void> {
    await this.client.indices.refresh({ index: `${generation}-*`, allow_no_indices: true });
  }

  /** Fewer, larger segments answer faster; after a rebuild nothing is written to old months for long. */
  async merge(generation: string): Promise<void> {
    await this.client.indices.forcemerge(
      { index: `${generation}-*`, max_num_segments: 1, allow_no_indices: true },
      { requestTimeout: 3_600_000 },
    );
  }

  /** One step: from now on searches read this generation and no other. Then all generations that are not in `kept` are deleted. */
  async publish(live: string, kept: readonly string[]): Promise<void> {
    const existing = Object.entries(
      await this.client.indices.getAlias({ index: `${this.alias}-v*`, allow_no_indices: true }),
    );
    const actions: estypes.IndicesUpdateAliasesAction[] = [];
    for (const [index, { aliases }] of existing) {
      const ours = index.startsWith(`${live}-`);
      const has = this.alias in aliases;
      if (ours && !has) actions.push({ add: { index, alias: this.alias } });
      if (!ours && has) actions.push({ remove: { index, alias: this.alias } });
    }
    if (actions.length > 0) await this.client.indices.updateAliases({ actions });
    const old = existing.map(([index]) => index).filter((index) => !kept.some((k) => index.startsWith(`${k}-`)));
    for (const index of old) {
      await this.client.indices.delete({ index, ignore_unavailable: true });
      this.known.delete(index);
    }
    const { index_templates } = await this.client.indices.getIndexTemplate({ name: `${this.alias}-v*` });
    for (const { name } of index_templates) {
      if (!kept.includes(name)) await this.client.indices.deleteIndexTemplate({ name }, { ignore: [404] });
    }
  }

  /**
   * What the cluster says of primary shards of ours that it could not give to any node. After five attempts it tries no more until it is asked, be there
   * ever so much room again.
   */
  async failedShards(): Promise<string[]> {
    const shards = await this.client.cat.shards(
      {
        ...{ index: `${this.alias}-v*`, format: 'json', master_timeout: '5s' },
        h: ['prirep', 'state', 'unassigned.reason', 'unassigned.details'],
      },
      SOON,
    );
    return shards.flatMap((shard) =>
      shard.prirep === 'p' && shard.state === 'UNASSIGNED' && shard['unassigned.reason'] === 'ALLOCATION_FAILED'
        ? [shard['unassigned.details'] ?? '']
        : [],
    );
  }

  /** @returns false when this program may not ask for it */
  async retryFailed(): Promise<boolean> {
    const { statusCode } = await this.client.cluster.reroute(
      { retry_failed: true, metric: 'none' },
      { ...SOON, ignore: [403], meta: true },
    );
    return statusCode !== 403;
  }

  async documents(): Promise<number> {
    const { count } = await this.client.count({ index: this.alias, ignore_unavailable: true });
    return count;
  }
}
