/* A library that is no plugin. */
int plain(void);

int
plain(void)
{
	return 1;
}
