// The connections of wsload: subscribers that listen to a room and publishers that speak in it, on one epoll.
#ifndef ROOM_H
#define ROOM_H
#include "../load/measure.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define PENDING (1 << 17)
#define MARKS (1 << 20)
#define MARKER "tsmark"

typedef enum { CONNECTING, SHAKING, JOINING, READY, DEAD } State;

typedef struct {
    int fd, posting;
    State state;
    char *pending;
    long have;
} Connection;

static const char *path = "/ws", *publish_path = "/pub", *mode = "rate", *header = "", *join_frame, *template;
static char *publisher_headers[256];
static int port = 9001, publish_port, subscribers = 500, size = 200, in_flight = 4, opening = 64, publishers = 1, over_http;
static double rate = 20, seconds = 8, warm = 1, idle_seconds = 1;
static Watched server, database;
static Connection *connections;
static int poll_fd, ready, started, dead, publishers_ready, counting;
static long deliveries, delivered_bytes, sequence, complete, refused;
static int *copies;
static char first_refusal[256];

static int is_publisher(const Connection *c) { return c - connections >= subscribers; }

static void interest(Connection *c, int events, int how) {
    struct epoll_event e = {.events = events, .data.ptr = c};
    epoll_ctl(poll_fd, how, c->fd, &e);
}

static void start_connection(Connection *c) {
    int to = is_publisher(c) && publish_port ? publish_port : port;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(to), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct linger reset = {1, 0};
    int one = 1;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (c->fd < 0) die("socket");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    if (connect(c->fd, (void *)&a, sizeof a) < 0 && errno != EINPROGRESS) die("connect");
    c->state = CONNECTING;
    interest(c, EPOLLOUT, EPOLL_CTL_ADD);
}

static void send_frame(int fd, int opcode, const char *text, int length) {
    unsigned char frame[70000];
    int at = 2;
    frame[0] = 0x80 | opcode;
    if (length < 126) frame[1] = 0x80 | length;
    else {
        frame[1] = 0x80 | 126;
        frame[2] = length >> 8;
        frame[3] = length;
        at = 4;
    }
    memset(frame + at, 0, 4);  // masked with zeros: the text as it is
    memcpy(frame + at + 4, text, length);
    if (write(fd, frame, at + 4 + length) != at + 4 + length && errno != EAGAIN) die("send frame");
}

static void become_ready(Connection *c) {
    c->state = READY;
    if (is_publisher(c)) publishers_ready++;
    else ready++;
}

static void post(Connection *c, const char *body, int length) {
    char request[72000];
    const char *extra = publisher_headers[c - connections - subscribers];
    int n = snprintf(request, sizeof request,
                     "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n%s\r\nContent-Length: %d\r\n\r\n%s",
                     publish_path, port, extra, length, body);
    c->posting = 1;
    if (write(c->fd, request, n) != n) die("post");
}

static int publish(void) {
    char text[70000], mark[48];
    Connection *free_one = NULL;
    for (int i = 0; i < publishers && !free_one; i++) {
        Connection *c = &connections[subscribers + (sequence + i) % publishers];
        if (!c->posting) free_one = c;
    }
    if (!free_one) return 0;
    snprintf(mark, sizeof mark, MARKER "%020llu%010ld", (unsigned long long)now_ns(), sequence++);
    if (over_http) {
        const char *hole = strstr(template, "%M");
        int n = snprintf(text, sizeof text, "%.*s%s%s", (int)(hole - template), template, mark, hole + 2);
        post(free_one, text, n);
    } else {
        int n = snprintf(text, sizeof text, "{\"text\":\"%s", mark);
        while (n < size - 2) n += (text[n] = 'a' + n % 26, 1);
        memcpy(text + n, "\"}", 3);
        send_frame(free_one->fd, 1, text, n + 2);
    }
    return 1;
}

static void on_text(Connection *c, char *text, long length) {
    if (c->state == JOINING && memmem(text, length < 64 ? length : 64, "\"joined\"", 8)) become_ready(c);
    char *mark = is_publisher(c) ? NULL : memmem(text, length, MARKER, sizeof MARKER - 1);
    if (!mark || mark + 36 > text + length) return;
    char digits[31];
    memcpy(digits, mark + sizeof MARKER - 1, 30);
    digits[30] = 0;
    long number = atol(digits + 20);
    digits[20] = 0;
    deliveries++;
    delivered_bytes += length;
    if (++copies[number % MARKS] == subscribers - dead) complete++;
    if (counting) add_latency((now_ns() - strtoull(digits, NULL, 10)) / 1000);
}

static void keep_pending(Connection *c, char *bytes, long length) {
    if (length > PENDING) die("a frame that is too big");
    if (length && !c->pending) c->pending = malloc(PENDING);
    if (length) memmove(c->pending, bytes, length);
    c->have = length;
}

static void on_frames(Connection *c, char *bytes, long n) {
    while (n >= 2) {
        unsigned char *p = (unsigned char *)bytes;
        long length = p[1] & 127, at = 2;
        if (length == 126) {
            if (n < 4) break;
            length = p[2] << 8 | p[3];
            at = 4;
        } else if (length == 127) {
            if (n < 10) break;
            length = (long)p[6] << 24 | p[7] << 16 | p[8] << 8 | p[9];
            at = 10;
        }
        if (n < at + length) break;
        if ((p[0] & 15) == 9) send_frame(c->fd, 10, bytes + at, length);
        else if ((p[0] & 15) == 1) on_text(c, bytes + at, length);
        bytes += at + length;
        n -= at + length;
    }
    keep_pending(c, bytes, n);
}

static void on_answer(Connection *c, char *bytes, long n) {
    bytes[n] = 0;
    char *end = strstr(bytes, "\r\n\r\n"), *length = strcasestr(bytes, "\ncontent-length:");
    if (!end || n < end + 4 - bytes + (length ? atol(length + 16) : 0)) {
        keep_pending(c, bytes, n);
        return;
    }
    c->posting = 0;
    if (atoi(bytes + 9) / 100 != 2) {
        if (!refused++) snprintf(first_refusal, sizeof first_refusal, "%.200s", end + 4);
        fprintf(stderr, "not published: %.300s\n", bytes);
        exit(1);
    }
}

static void on_connected(Connection *c) {
    char request[4096];
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if ((errno = error)) die("connect");
    interest(c, EPOLLIN, EPOLL_CTL_MOD);
    if (is_publisher(c) && over_http) {
        become_ready(c);
        return;
    }
    int n = snprintf(request, sizeof request,
                     "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s%s\r\n",
                     is_publisher(c) ? publish_path : path, port, header, *header ? "\r\n" : "");
    if (write(c->fd, request, n) != n) die("handshake");
    c->state = SHAKING;
}

static void on_handshake(Connection *c, char *bytes, long n) {
    char *end = memmem(bytes, n, "\r\n\r\n", 4);
    if (!end) {
        keep_pending(c, bytes, n);
        return;
    }
    if (memcmp(bytes + 9, "101", 3)) {
        fprintf(stderr, "handshake: %.*s\n", (int)(n > 300 ? 300 : n), bytes);
        exit(1);
    }
    if (join_frame && !is_publisher(c)) {
        c->state = JOINING;
        send_frame(c->fd, 1, join_frame, strlen(join_frame));
    } else become_ready(c);
    on_frames(c, end + 4, n - (end + 4 - bytes));
}

static void on_readable(Connection *c) {
    static char buffer[(1 << 18) + PENDING];
    if (c->have) memcpy(buffer, c->pending, c->have);
    long n = read(c->fd, buffer + c->have, sizeof buffer - 1 - c->have);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
        if (is_publisher(c) && counting) die("the publisher's connection was closed");
        dead += !is_publisher(c);
        c->state = DEAD;
        close(c->fd);
        return;
    }
    n += c->have;
    c->have = 0;
    if (is_publisher(c) && over_http) on_answer(c, buffer, n);
    else if (c->state == SHAKING) on_handshake(c, buffer, n);
    else on_frames(c, buffer, n);
}

static void pump(int ms) {
    struct epoll_event events[512];
    int n = epoll_wait(poll_fd, events, 512, ms);
    for (int i = 0; i < n; i++) {
        Connection *c = events[i].data.ptr;
        if (c->state == CONNECTING) on_connected(c);
        else on_readable(c);
    }
}

static void pump_for(double for_seconds) {
    for (uint64_t end = now_ns() + for_seconds * 1e9; now_ns() < end;) pump(50);
}
#endif
