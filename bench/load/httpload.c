// httpload: HTTP load from one thread. A number of connections, each with one request in flight, for some seconds.
//   cc -O2 -o httpload httpload.c
//   httpload -p PORT -f REQUESTS [-c connections] [-d seconds] [-w warm-up seconds] [-P pids] [-Q pids]
// REQUESTS holds whole requests, each after a line with its length. Connection i sends request i, i + connections, ...
// round and round, so with as many requests as connections each connection is one writer with one request of its own.
// Prints one JSON line; -P are the server's processes, -Q the database's (with all their children).
#define _GNU_SOURCE
#include "measure.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>

typedef struct {
    char *bytes;
    int length;
} Request;

typedef struct {
    int fd, request, sent, headed, chunked;
    long left;
    uint64_t since;
    int have;
    char head[8192];
} Connection;

static Request *requests;
static Connection *connections;
static int request_count, connection_count = 16, port, poll_fd, measuring, stopping, idle;
static double seconds = 5, warm = 1;
static long answered, good, unchanged, bad, received, good_ever;
static char first_bad[512];

static void read_requests(const char *path) {
    FILE *f = fopen(path, "r");
    int length;
    if (!f) die(path);
    while (fscanf(f, "%d", &length) == 1) {
        fgetc(f);
        requests = realloc(requests, sizeof(Request) * (request_count + 1));
        requests[request_count] = (Request){malloc(length), length};
        if (fread(requests[request_count++].bytes, 1, length, f) != (size_t)length) die("requests file");
    }
    fclose(f);
}

static void send_rest(Connection *c) {
    Request *r = &requests[c->request];
    int n = write(c->fd, r->bytes + c->sent, r->length - c->sent);
    if (n < 0 && errno != EAGAIN) die("write");
    c->sent += n > 0 ? n : 0;
    struct epoll_event e = {.events = EPOLLIN | (c->sent < r->length ? EPOLLOUT : 0), .data.ptr = c};
    if (n != r->length) epoll_ctl(poll_fd, EPOLL_CTL_MOD, c->fd, &e);
}

static void start_request(Connection *c) {
    c->sent = c->headed = c->have = 0;
    c->since = now_ns();
    send_rest(c);
}

static void open_connection(Connection *c, int i) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || connect(c->fd, (void *)&a, sizeof a) < 0) die("connect");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    c->request = i % request_count;
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, c->fd, &e);
    start_request(c);
}

static void finish(Connection *c) {
    int status = atoi(c->head + 9);
    good_ever += status / 100 == 2;
    if (measuring) {
        answered++;
        add_latency((now_ns() - c->since) / 1000);
        good += status / 100 == 2;
        unchanged += status == 304;
        bad += status / 100 != 2 && status != 304;
    }
    if (status >= 400 && !first_bad[0]) snprintf(first_bad, sizeof first_bad, "%.*s", (int)strcspn(c->head, "\r"), c->head);
    c->request = (c->request + connection_count) % request_count;
    if (stopping) {
        idle++;
        c->since = 0;
    } else start_request(c);
}

static void read_head(Connection *c, char *body, long in_body) {
    char *length = strcasestr(c->head, "\ncontent-length:");
    c->headed = 1;
    c->chunked = strcasestr(c->head, "\ntransfer-encoding:") != NULL;
    c->left = length ? atol(length + 16) : 0;
    if (atoi(c->head + 9) == 304) c->left = 0;
    c->left -= in_body;
    if (c->chunked) c->left = !(in_body >= 5 && !memcmp(body + in_body - 5, "0\r\n\r\n", 5));
    if (c->left <= 0) finish(c);
}

static void on_readable(Connection *c) {
    static char buffer[1 << 18];
    long n = read(c->fd, buffer, sizeof buffer);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
        fprintf(stderr, "the server closed a connection; last status: %.40s\n", c->head);
        exit(1);
    }
    received += measuring ? n : 0;
    if (c->headed) {
        c->left = c->chunked ? !(n >= 5 && !memcmp(buffer + n - 5, "0\r\n\r\n", 5)) : c->left - n;
        if (c->left <= 0) finish(c);
        return;
    }
    long room = sizeof c->head - 1 - c->have, taken = n < room ? n : room;
    memcpy(c->head + c->have, buffer, taken);
    c->head[c->have + taken] = 0;
    char *end = strstr(c->head + (c->have > 3 ? c->have - 3 : 0), "\r\n\r\n");
    if (end) {
        long before = c->have, used = end + 4 - c->head - before;
        end[2] = 0;
        read_head(c, buffer + used, n - used);
    } else c->have += taken;
}

static void pump(double for_seconds) {
    struct epoll_event events[256];
    uint64_t end = now_ns() + for_seconds * 1e9;
    while (now_ns() < end && !(stopping && idle == connection_count)) {
        int n = epoll_wait(poll_fd, events, 256, 100);
        for (int i = 0; i < n; i++) {
            Connection *c = events[i].data.ptr;
            if (events[i].events & EPOLLOUT) send_rest(c);
            if (events[i].events & ~EPOLLOUT) on_readable(c);
        }
    }
}

int main(int count, char **words) {
    Watched server = {0}, database = {0};
    signal(SIGPIPE, SIG_IGN);
    for (int o; (o = getopt(count, words, "p:f:c:d:w:P:Q:")) != -1;) switch (o) {
        case 'p': port = atoi(optarg); break;
        case 'f': read_requests(optarg); break;
        case 'c': connection_count = atoi(optarg); break;
        case 'd': seconds = atof(optarg); break;
        case 'w': warm = atof(optarg); break;
        case 'P': watch(&server, optarg); break;
        case 'Q': watch(&database, optarg); break;
        default: return 2;
    }
    if (!request_count || !port) return 2;
    raise_open_files();
    poll_fd = epoll_create1(0);
    connections = calloc(connection_count, sizeof(Connection));
    for (int i = 0; i < connection_count; i++) open_connection(&connections[i], i);
    pump(warm);
    Usage s0 = usage_of(&server), d0 = usage_of(&database);
    double own = own_cpu_us();
    uint64_t start = now_ns();
    measuring = 1;
    pump(seconds);
    measuring = 0;
    double wall = (now_ns() - start) / 1e9;
    own = own_cpu_us() - own;
    Usage s1 = usage_of(&server), d1 = usage_of(&database);
    stopping = 1;
    pump(10);
    double each = answered ? answered : 1;
    printf("{\"requests\":%ld,\"per_s\":%.1f,\"good\":%ld,\"good_ever\":%ld,\"unchanged\":%ld,\"bad\":%ld,\"first_bad\":\"%s\",\"bytes_each\":%.0f,"
           "\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f,\"server_us\":%.1f,\"database_us\":%.1f,\"generator_us\":%.1f,"
           "\"server_busy\":%.2f,\"wall\":%.2f}\n",
           answered, answered / wall, good, good_ever, unchanged, bad, first_bad, received / each, quantile_ms(.5), quantile_ms(.99),
           quantile_ms(.9999999), (s1.cpu_us - s0.cpu_us) / each, (d1.cpu_us - d0.cpu_us) / each, own / each,
           (s1.cpu_us - s0.cpu_us) / 1e6 / wall, wall);
    return 0;
}
