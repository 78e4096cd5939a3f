/**
 * In: a message. Out: up to three departments that should handle it, each with the words that say so. Called by: intake, case views.
 */
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.ts';
import { DepartmentEntity } from './inbox.entity.ts';
import { DepartmentRouter, RoutingModel, type LikelyLabel, type SuggestedDepartment } from './ports.ts';

/** Another replica may have changed the departments: they are read again after this long. */
const SHARED_MS = 10_000;

/** What the model says counts as much as three characters of duty words. */
const MODEL_WEIGHT = 3;

/** A label goes to no department that has less in common with it. */
const LEAST_LIKENESS = 0.3;

/** Below this a suggestion is a guess. */
const LEAST_PROBABILITY = 0.1;

type Department = Pick<DepartmentEntity, 'id' | 'name' | 'duties'>;

/** For each label of the model: which share of it goes to which department (by id). */
type Mapping = ReadonlyMap<string, ReadonlyMap<number, number>>;

interface Known {
  departments: Department[];
  labels: readonly string[];
  mapping: Mapping;
  readAt: number;
}

@Injectable()
export class LetterRouter extends DepartmentRouter {
  private known: Known | null = null;

  constructor(
    private readonly db: Database,
    private readonly model: RoutingModel,
  ) {
    super();
  }

  /** Departments changed: read them again. */
  forget(): void {
    this.known = null;
  }

  async suggest(text: string): Promise<SuggestedDepartment[]> {
    const { departments, mapping } = await this.knowledge();
    return departments.length === 0 ? [] : weigh(text, departments, this.model.read(text), mapping);
  }

  private async knowledge(): Promise<Known> {
    const labels = this.model.labels();
    const known = this.known;
    const shared = this.db.dialect === 'postgres' && performance.now() - (known?.readAt ?? 0) > SHARED_MS;
    // Another model brings another list of labels.
    if (known !== null && !shared && known.labels === labels) return known;
    const readAt = performance.now();
    const departments = await this.db.repo(DepartmentEntity).find({ order: { id: 'ASC' } });
    const mapping = mapLabels(labels, departments, (text) => this.model.read(text));
    this.known = { departments, labels, mapping, readAt };
    return this.known;
  }
}

/**
 * A model taught by this office's own assignments is named after its departments: a label is the department of that name. The shipped
 * model's labels are another office's: a label is shared out by what a department's name has in common with it, and by what the model
 * itself takes the department's name and duties for, squared so that the nearest department gets most.
 */
export function mapLabels(
  labels: readonly string[],
  departments: readonly Department[],
  read: (text: string) => readonly LikelyLabel[],
): Mapping {
  const taken = new Map(departments.map((d) => [d.id, read([d.name, ...d.duties].join('，'))]));
  return new Map(
    labels.map((label) => {
      const same = departments.find((d) => d.name === label);
      if (same !== undefined) return [label, new Map([[same.id, 1]])];
      const likeness = departments
        .map((d) => {
          const asRead = taken.get(d.id)?.find((l) => l.label === label)?.probability ?? 0;
          return { id: d.id, alike: inCommon(label, d.name) + asRead };
        })
        .filter(({ alike }) => alike >= LEAST_LIKENESS);
      const total = likeness.reduce((sum, { alike }) => sum + alike ** 2, 0);
      return [label, new Map(likeness.map(({ id, alike }) => [id, alike ** 2 / total]))];
    }),
  );
}

/** Share of the label's pairs of characters that stand in the name. */
function inCommon(label: string, name: string): number {
  const plain = (s: string) => s.replace(/[和与、]/g, '');
  const [own, other] = [plain(label), plain(name)];
  const pairs = Array.from({ length: Math.max(0, own.length - 1) }, (_, i) => own.slice(i, i + 2));
  return pairs.length === 0 ? 0 : pairs.filter((pair) => other.includes(pair)).length / pairs.length;
}

/**
 * Duties are looked for as they are written (the administrator wrote them as words that occur in messages). A duty's weight is
 * the inverse of how many departments share it, times its length; the model's opinion is added with a fixed weight. The probability is a
 * department's share of all weight, damped so that a single short word never reads as certainty.
 */
function weigh(
  text: string,
  departments: readonly Department[],
  likely: readonly LikelyLabel[],
  mapping: Mapping,
): SuggestedDepartment[] {
  const shared = new Map<string, number>();
  for (const d of departments) for (const duty of new Set(d.duties)) shared.set(duty, (shared.get(duty) ?? 0) + 1);
  const weights = departments.map((d) => {
    const words = [...new Set(d.duties)].filter((duty) => duty.length > 1 && text.includes(duty));
    if (text.includes(d.name)) words.unshift(d.name);
    const parts = likely
      .map((l) => ({ ...l, share: l.probability * (mapping.get(l.label)?.get(d.id) ?? 0) }))
      .filter(({ share, words: said }) => share > 0 && said.length > 0)
      .sort((a, b) => b.share - a.share);
    const byWords = words.reduce((sum, w) => sum + Math.min(w.length, 4) / (shared.get(w) ?? 1), 0);
    return { d, words, byWords, parts, byModel: parts.reduce((sum, { share }) => sum + share, 0) };
  });
  const speaks = weights.some(({ byModel }) => byModel > 0);
  const total = weights.reduce((sum, { byWords }) => sum + byWords, 0) + (speaks ? MODEL_WEIGHT : 1);
  return weights
    .map((w) => ({ ...w, probability: (w.byWords + MODEL_WEIGHT * w.byModel) / total }))
    .filter(({ byWords, probability }) => byWords > 0 || probability >= LEAST_PROBABILITY)
    .sort((a, b) => b.probability - a.probability || a.d.id - b.d.id)
    .slice(0, 3)
    .map(({ d, words, parts, probability }) => ({
      departmentId: d.id,
      name: d.name,
      probability: Math.round(probability * 100) / 100,
      reason: reasonOf(words, parts[0]),
    }));
}

function reasonOf(duties: readonly string[], model: LikelyLabel | undefined): string {
  const quoted = (words: readonly string[]) =>
    words
      .slice(0, 3)
      .map((w) => `“${w}”`)
      .join('、');
  const reasons = duties.length > 0 ? [`提到${quoted(duties)}`] : [];
  if (model !== undefined) reasons.push(`从${quoted(model.words)}等用词看属“${model.label}”类来信`);
  return reasons.join('；');
}
