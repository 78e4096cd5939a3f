/**
 * In: posts. Out: 留言办理, with its departments and answer bank. Bound by app.module.ts, which also provides the ports:
 * RoutingModel, Tokenizer, Vault, AlertsPort, Staff, ReplySender (ports.ts), People, Office, PostViews, CoveragePort.
 */
import { Module } from '@nestjs/common';
import { AnswerBank } from './answer-bank.ts';
import { Cases } from './cases.ts';
import { CaseViews } from './case-views.ts';
import { LetterRouter } from './department-router.ts';
import { Deliveries } from './deliveries.ts';
import { Departments } from './departments.ts';
import { InboxController } from './inbox.controller.ts';
import { InboxIntake } from './intake.ts';
import { OverdueWatch } from './overdue.ts';
import { DepartmentRouter } from './ports.ts';
import { Viewers } from './viewers.ts';

@Module({
  controllers: [InboxController],
  providers: [
    AnswerBank,
    Cases,
    CaseViews,
    Deliveries,
    Departments,
    LetterRouter,
    { provide: DepartmentRouter, useExisting: LetterRouter },
    InboxIntake,
    OverdueWatch,
    Viewers,
  ],
  exports: [AnswerBank, CaseViews, Deliveries, Departments, InboxIntake, OverdueWatch],
})
export class InboxModule {}
