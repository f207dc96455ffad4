// What both load generators measure with: a clock, a latency histogram, the CPU time and memory of process trees.
#ifndef MEASURE_H
#define MEASURE_H
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define MAX_ROOTS 16
#define MAX_PIDS 65536

typedef struct {
    int roots[MAX_ROOTS];
    int count;
} Watched;

typedef struct {
    double cpu_us;
    double user_us;
    double system_us;
    double private_kib;
} Usage;

static inline uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static inline void die(const char *what) {
    perror(what);
    exit(1);
}

static inline void raise_open_files(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

// Latencies in microseconds: exact below 64, then 64 buckets for each doubling (an error below 1.6 %).
static uint64_t buckets[64 * 64];

static inline void add_latency(uint64_t us) {
    if (us < 64) {
        buckets[us]++;
        return;
    }
    int power = 63 - __builtin_clzll(us);
    buckets[(power - 5) * 64 + ((us >> (power - 6)) & 63)]++;
}

static inline double bucket_us(int i) {
    return i < 64 ? i : (double)((64ull + i % 64) << (i / 64 - 1));
}

static inline double quantile_ms(double p) {
    uint64_t total = 0, seen = 0;
    for (int i = 0; i < 64 * 64; i++) total += buckets[i];
    for (int i = 0; i < 64 * 64; i++) {
        seen += buckets[i];
        if (total && seen > p * total) return bucket_us(i) / 1000;
    }
    return 0;
}

static inline void watch(Watched *watched, const char *list) {
    char copy[1024];
    snprintf(copy, sizeof copy, "%s", list);
    for (char *t = strtok(copy, ","); t && watched->count < MAX_ROOTS; t = strtok(NULL, ",")) {
        watched->roots[watched->count++] = atoi(t);
    }
}

static inline char *read_proc(int pid, const char *name, char *into, size_t size) {
    char path[128];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    FILE *f = fopen(path, "r");
    if (!f) return NULL;
    into[fread(into, 1, size - 1, f)] = 0;
    fclose(f);
    return into;
}

static inline void add_threads(int pid, Usage *usage) {
    char path[64], text[256];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *threads = opendir(path);
    if (!threads) return;
    for (struct dirent *e; (e = readdir(threads));) {
        unsigned long long ns;
        char name[64];
        snprintf(name, sizeof name, "task/%.20s/schedstat", e->d_name);
        if (e->d_name[0] != '.' && read_proc(pid, name, text, sizeof text) && sscanf(text, "%llu", &ns) == 1) {
            usage->cpu_us += ns / 1e3;
        }
    }
    closedir(threads);
}

static inline void add_process(int pid, Usage *usage) {
    static char text[8192];
    double tick_us = 1e6 / sysconf(_SC_CLK_TCK);
    unsigned long user = 0, system = 0;
    long kib = 0;
    add_threads(pid, usage);
    if (read_proc(pid, "stat", text, sizeof text) && strrchr(text, ')')) {
        sscanf(strrchr(text, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    }
    usage->user_us += user * tick_us;
    usage->system_us += system * tick_us;
    if (read_proc(pid, "status", text, sizeof text) && strstr(text, "RssAnon:")) {
        sscanf(strstr(text, "RssAnon:"), "RssAnon: %ld", &kib);
    }
    usage->private_kib += kib;
}

// The watched processes and all that descend from them, as of now.
static inline Usage usage_of(const Watched *watched) {
    static int parent[MAX_PIDS], pids[MAX_PIDS];
    char text[1024];
    int count = 0;
    Usage usage = {0};
    DIR *proc = watched->count ? opendir("/proc") : NULL;
    if (!proc) return usage;
    for (struct dirent *e; (e = readdir(proc));) {
        int pid = atoi(e->d_name);
        if (pid <= 0 || pid >= MAX_PIDS || !read_proc(pid, "stat", text, sizeof text)) continue;
        char *end = strrchr(text, ')');
        if (!end || sscanf(end + 2, "%*c %d", &parent[pid]) != 1) continue;
        pids[count++] = pid;
    }
    closedir(proc);
    for (int i = 0; i < count; i++) {
        int up = pids[i], found = 0;
        for (int steps = 0; up > 0 && up < MAX_PIDS && steps < 32 && !found; steps++) {
            for (int r = 0; r < watched->count; r++) found |= up == watched->roots[r];
            up = parent[up];
        }
        if (found) add_process(pids[i], &usage);
    }
    return usage;
}

static inline double own_cpu_us(void) {
    struct rusage own;
    getrusage(RUSAGE_SELF, &own);
    return (own.ru_utime.tv_sec + own.ru_stime.tv_sec) * 1e6 + own.ru_utime.tv_usec + own.ru_stime.tv_usec;
}
#endif
