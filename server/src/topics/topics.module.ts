/** In: posts. Out: topics, and the alerts that they raise. */
import { Module } from '@nestjs/common';
import { AlertsController } from '../alerts/alerts.ts';
import { TopicDetector } from './detect.ts';
import { TopicRowsReader } from './topic-rows.ts';
import { TopicsController } from './topics.controller.ts';

@Module({
  controllers: [TopicsController, AlertsController],
  providers: [TopicDetector, TopicRowsReader],
  exports: [TopicDetector, TopicRowsReader],
})
export class TopicsModule {}
