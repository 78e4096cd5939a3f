/**
 * In: a message. Out: up to three departments whose duties it names, with the words that say so. Called by: intake, case views.
 */
import { Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.ts';
import { DepartmentEntity } from './inbox.entity.ts';
import { DepartmentRouter, type SuggestedDepartment } from './ports.ts';

/** Another replica may have changed the departments: they are read again after this long. */
const SHARED_MS = 10_000;

/**
 * Duties are looked for as they are written (the administrator wrote them as words that occur in messages). A duty's weight is
 * the inverse of how many departments share it, times its length; the probability is a department's share of all weight found,
 * damped so that a single short word never reads as certainty.
 */
@Injectable()
export class DutyRouter extends DepartmentRouter {
  private known: DepartmentEntity[] | null = null;
  private readAt = 0;

  constructor(private readonly db: Database) {
    super();
  }

  /** Departments changed: read them again. */
  forget(): void {
    this.known = null;
  }

  async suggest(text: string): Promise<SuggestedDepartment[]> {
    const shared = this.db.dialect === 'postgres' && performance.now() - this.readAt > SHARED_MS;
    if (this.known === null || shared) {
      this.known = await this.db.repo(DepartmentEntity).find({ order: { id: 'ASC' } });
      this.readAt = performance.now();
    }
    return suggestByDuties(text, this.known);
  }
}

export function suggestByDuties(
  text: string,
  departments: readonly Pick<DepartmentEntity, 'id' | 'name' | 'duties'>[],
): SuggestedDepartment[] {
  const shared = new Map<string, number>();
  for (const d of departments) for (const duty of new Set(d.duties)) shared.set(duty, (shared.get(duty) ?? 0) + 1);
  const found = departments
    .map((d) => {
      const words = [...new Set(d.duties)].filter((duty) => duty.length > 1 && text.includes(duty));
      if (text.includes(d.name)) words.unshift(d.name);
      const weight = words.reduce((sum, w) => sum + Math.min(w.length, 4) / (shared.get(w) ?? 1), 0);
      return { d, words, weight };
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight || a.d.id - b.d.id);
  const total = found.reduce((sum, { weight }) => sum + weight, 0);
  return found.slice(0, 3).map(({ d, words, weight }) => ({
    departmentId: d.id,
    name: d.name,
    probability: Math.round((weight / (total + 1)) * 100) / 100,
    reason: `提到${words
      .slice(0, 3)
      .map((w) => `“${w}”`)
      .join('、')}`,
  }));
}
