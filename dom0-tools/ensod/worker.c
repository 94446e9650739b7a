/* SPDX-License-Identifier: MIT */
/* dom0-tools/ensod/worker.c - worker.h says what it is for. */
#include "dom0-tools/ensod/worker.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct job_queue {
	struct job *first, **last;
};

struct worker {
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake;
	struct job_queue waiting, done;
	bool stopping;
	int event; /* counts jobs done */
};

static void queue_put(struct job_queue *queue, struct job *job)
{
	job->next = NULL;
	*queue->last = job;
	queue->last = &job->next;
}

static struct job *queue_take(struct job_queue *queue)
{
	struct job *job = queue->first;

	if (!job)
		return NULL;
	queue->first = job->next;
	if (!queue->first)
		queue->last = &queue->first;
	return job;
}

static struct job *wait_for_job(struct worker *worker)
{
	struct job *job = NULL;

	pthread_mutex_lock(&worker->lock);
	while (!worker->stopping && !(job = queue_take(&worker->waiting)))
		pthread_cond_wait(&worker->wake, &worker->lock);
	pthread_mutex_unlock(&worker->lock);
	return job;
}

static void *work(void *context)
{
	struct worker *worker = context;
	struct job_hands hands = {NULL, NULL};
	struct job *job;
	sigset_t all;

	/* Signals are the main thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	while ((job = wait_for_job(worker))) {
		job_run(&hands, job);
		pthread_mutex_lock(&worker->lock);
		queue_put(&worker->done, job);
		pthread_mutex_unlock(&worker->lock);
		eventfd_write(worker->event, 1);
	}
	job_hands_close(&hands);
	return NULL;
}

struct worker *worker_start(void)
{
	struct worker *worker = calloc(1, sizeof(*worker));

	if (!worker)
		return NULL;
	worker->waiting.last = &worker->waiting.first;
	worker->done.last = &worker->done.first;
	worker->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&worker->lock, NULL);
	pthread_cond_init(&worker->wake, NULL);
	if (worker->event >= 0 && pthread_create(&worker->thread, NULL, work, worker) == 0)
		return worker;
	if (worker->event >= 0)
		close(worker->event);
	free(worker);
	return NULL;
}

void worker_submit(struct worker *worker, struct job *job)
{
	pthread_mutex_lock(&worker->lock);
	queue_put(&worker->waiting, job);
	pthread_cond_signal(&worker->wake);
	pthread_mutex_unlock(&worker->lock);
}

int worker_descriptor(const struct worker *worker)
{
	return worker->event;
}

struct job *worker_take_done(struct worker *worker)
{
	struct job *job;
	eventfd_t count;

	(void)!eventfd_read(worker->event, &count);
	pthread_mutex_lock(&worker->lock);
	job = queue_take(&worker->done);
	pthread_mutex_unlock(&worker->lock);
	return job;
}

void worker_stop(struct worker *worker)
{
	struct job *job;

	pthread_mutex_lock(&worker->lock);
	worker->stopping = true;
	pthread_cond_signal(&worker->wake);
	pthread_mutex_unlock(&worker->lock);
	pthread_join(worker->thread, NULL);
	while ((job = queue_take(&worker->waiting)) || (job = queue_take(&worker->done)))
		free(job);
	close(worker->event);
	free(worker);
}
