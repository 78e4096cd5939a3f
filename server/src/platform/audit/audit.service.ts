/**
 * In: who did what to which object, and how it ended. Out: the audit record, kept at least 184 days and never edited.
 * Called by: audit.interceptor (every route that writes or opens protected data), collect (administrator-made runs), the command line.
 */
import { Injectable } from '@nestjs/common';
import { Clock } from '../clock.ts';
import { Database } from '../database/database.ts';
import { AuditEntity } from '../auth/user.entity.ts';

@Injectable()
export class Audit {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  async record(entry: Omit<AuditEntity, 'id' | 'at'>): Promise<void> {
    await this.db.write(async (tx) => {
      await tx.repo(AuditEntity).insert({ ...entry, at: this.clock.now() });
    });
  }
}
