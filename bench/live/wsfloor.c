// wsfloor: the floor. The least a server can do without joining messages: one frame built once, one send() a subscriber.
//   cc -O2 -o wsfloor wsfloor.c -lcrypto
//   wsfloor PORT        /ws subscribes, a text frame on /pub goes to all subscribers
#define _GNU_SOURCE
#include "../load/measure.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define MOST 70000
#define BUFFER (1 << 17)

typedef struct {
    int is_open, is_publisher, have;
    unsigned char *pending;
} Peer;

static Peer peers[MOST];
static int listeners[MOST], place[MOST], listening, poll_fd;

static int listen_on(int port) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (void *)&a, sizeof a) < 0 || listen(fd, 4096) < 0) die("listen");
    return fd;
}

static void watch_fd(int fd) {
    struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &e);
}

static void accept_all(int server) {
    int one = 1;
    for (int fd; (fd = accept4(server, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        peers[fd].is_open = peers[fd].is_publisher = peers[fd].have = 0;
        watch_fd(fd);
    }
}

static void drop(int fd) {
    close(fd);
    if (!peers[fd].is_open || peers[fd].is_publisher) return;
    int last = listeners[--listening];
    listeners[place[fd]] = last;
    place[last] = place[fd];
}

static void shake_hands(int fd, char *request) {
    unsigned char digest[20], accept[40];
    char key[128] = "", answer[256], *at = strcasestr(request, "sec-websocket-key: ");
    if (at) sscanf(at + 19, "%60s", key);
    strcat(key, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    SHA1((unsigned char *)key, strlen(key), digest);
    EVP_EncodeBlock(accept, digest, 20);
    int n = snprintf(answer, sizeof answer,
                     "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
    if (write(fd, answer, n) != n) die("handshake");
    peers[fd].is_open = 1;
    peers[fd].is_publisher = !memcmp(request, "GET /pub", 8);
    if (peers[fd].is_publisher) return;
    place[fd] = listening;
    listeners[listening++] = fd;
}

static void broadcast(const unsigned char *masked, long length, const unsigned char *mask) {
    static unsigned char frame[BUFFER];
    int at = length < 126 ? 2 : 4;
    frame[0] = 0x81;
    frame[1] = length < 126 ? length : 126;
    if (at == 4) {
        frame[2] = length >> 8;
        frame[3] = length;
    }
    for (long i = 0; i < length; i++) frame[at + i] = masked[i] ^ mask[i & 3];
    for (int i = 0; i < listening; i++) {
        if (send(listeners[i], frame, at + length, MSG_NOSIGNAL) < 0 && errno != EAGAIN && errno != EPIPE) continue;
    }
}

static void on_readable(int fd) {
    static unsigned char buffer[BUFFER + 1];
    Peer *peer = &peers[fd];
    if (peer->have) memcpy(buffer, peer->pending, peer->have);
    long n = read(fd, buffer + peer->have, BUFFER - peer->have);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
        drop(fd);
        return;
    }
    n += peer->have;
    peer->have = 0;
    buffer[n] = 0;
    if (!peer->is_open) {
        shake_hands(fd, (char *)buffer);
        return;
    }
    unsigned char *p = buffer;
    while (n >= 6) {
        long length = p[1] & 127, at = 2;
        if (length == 126) {
            length = p[2] << 8 | p[3];
            at = 4;
        }
        if (n < at + 4 + length) break;
        if (peer->is_publisher && (p[0] & 15) == 1) broadcast(p + at + 4, length, p + at);
        p += at + 4 + length;
        n -= at + 4 + length;
    }
    if (n <= 0) return;
    if (!peer->pending) peer->pending = malloc(BUFFER);
    memcpy(peer->pending, p, n);
    peer->have = n;
}

int main(int count, char **words) {
    struct epoll_event events[512];
    if (count != 2) return 2;
    signal(SIGPIPE, SIG_IGN);
    raise_open_files();
    int server = listen_on(atoi(words[1]));
    poll_fd = epoll_create1(0);
    watch_fd(server);
    for (;;) {
        int n = epoll_wait(poll_fd, events, 512, -1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == server) accept_all(server);
            else on_readable(events[i].data.fd);
        }
    }
}
