/** In: posts, decisions on claims and cases. Out: labels that staff gave, and the models taught with them. Bound by app.module.ts. */
import { Module } from '@nestjs/common';
import { LabelsController } from './labels.controller.ts';
import { OwnLabels } from './own-labels.ts';

@Module({ controllers: [LabelsController], providers: [OwnLabels] })
export class LabelsModule {}
