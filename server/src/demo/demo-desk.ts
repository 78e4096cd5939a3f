/**
 * In: the demo city's departments, debunks and answers. Out: the same in the desks' tables. Called by: demo.ts on the first start of the demo.
 */
import { Injectable } from '@nestjs/common';
import { AnswerBank } from '../inbox/answer-bank.ts';
import { Departments } from '../inbox/departments.ts';
import { Database } from '../platform/database/database.ts';
import type { DemoSeeds, Seeds } from './demo.ts';

@Injectable()
export class DemoDesk implements DemoSeeds {
  constructor(
    private readonly departments: Departments,
    private readonly answers: AnswerBank,
    private readonly db: Database,
  ) {}

  async seed(city: Seeds): Promise<void> {
    await this.departments.importDepartments(
      city.departments.map(({ name, duties, contact }) => ({
        name,
        duties,
        demo: true,
        ...(contact === null ? {} : { contact }),
      })),
    );
    await this.answers.importAnswers(
      city.answers.map(([question, answer, department]) => ({ question, answer, department, demo: true })),
    );
    await this.db.write(async (tx) => {
      for (const [claim, verdict, summary, source] of city.debunks) {
        await tx.run('INSERT INTO debunks (claim, verdict, summary, source, demo) VALUES (?, ?, ?, ?, 1)', [
          claim,
          verdict,
          summary,
          source,
        ]);
      }
    });
  }
}
